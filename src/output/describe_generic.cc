#include "output/describe_kinds.h"

namespace kubescribe::output {

void DescribeGeneric(const Subject& subject, Sheet& sheet) {
  sheet.Write(0, "Name:\t{}\n", subject.name());
  sheet.Write(0, "Namespace:\t{}\n", subject.name_space());
  LabelLines(sheet, "Labels", subject.meta("labels"));
  AnnotationLines(sheet, "Annotations", subject.meta("annotations"));
  TellEvents(subject, sheet);
}

}  // namespace kubescribe::output
