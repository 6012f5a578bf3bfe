# Writes the migrations schema/NNN-*.sql into one C++ file (see src/store).
file(WRITE ${OUTPUT}.tmp
  "#include \"store/migrations.h\"\n\nnamespace kubescribe::store {\n"
  "const std::vector<Migration>& Migrations() {\n"
  "  static const std::vector<Migration> all = {\n")
foreach(input ${INPUTS})
  get_filename_component(name ${input} NAME)
  string(REGEX MATCH "^[0-9]+" number ${name})
  string(REGEX REPLACE "^0+" "" number ${number})
  file(READ ${input} text)
  file(APPEND ${OUTPUT}.tmp "    {${number}, R\"sql(${text})sql\"},\n")
endforeach()
file(APPEND ${OUTPUT}.tmp "  };\n  return all;\n}\n}  // namespace kubescribe::store\n")
file(RENAME ${OUTPUT}.tmp ${OUTPUT})
