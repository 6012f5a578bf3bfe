# Writes the shipped dictionary into one C++ file (see
# src/store/dictionaries.h).
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n" bytes ${bytes})
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes ${bytes})
file(WRITE ${OUTPUT}.tmp
  "#include \"store/dictionaries.h\"\n\nnamespace kubescribe::store {\n"
  "namespace {\nconstexpr unsigned char kBytes[] = {\n${bytes}};\n}\n"
  "std::string_view ShippedDictionaryBytes() {\n"
  "  return {reinterpret_cast<const char*>(kBytes), sizeof kBytes};\n}\n"
  "}  // namespace kubescribe::store\n")
file(RENAME ${OUTPUT}.tmp ${OUTPUT})
