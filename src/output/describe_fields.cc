#include "output/describe_fields.h"

#include "kube/quantity.h"

namespace kubescribe::output {

void FieldLine(Sheet& sheet, int level, std::string_view title,
               std::string_view text) {
  sheet.Write(level, "{}:\t{}\n", title, text);
}

void FieldLine(Sheet& sheet, std::string_view title, std::string_view text) {
  FieldLine(sheet, 0, title, text);
}

void FieldLineIfAny(Sheet& sheet, std::string_view title,
                    std::string_view text) {
  if (!text.empty()) FieldLine(sheet, title, text);
}

void HeadLines(const Subject& subject, Sheet& sheet) {
  FieldLine(sheet, "Name", subject.name());
  FieldLineIfAny(sheet, "Namespace", subject.name_space());
  LabelLines(sheet, "Labels", subject.meta("labels"));
  AnnotationLines(sheet, "Annotations", subject.meta("annotations"));
}

void ConditionLines(const Subject& subject, View conditions, Sheet& sheet) {
  if (conditions.empty()) return;
  sheet.Put(0, "Conditions:\n");
  sheet.Put(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage\n");
  sheet.Put(1, "----\t------\t------------------\t------\t-------\n");
  for (const View condition : conditions.Items()) {
    sheet.Write(1, "{}\t{}\t{}\t{}\t{}\n", condition["type"].Text(),
                condition["status"].Text(),
                subject.Time(condition["lastTransitionTime"]),
                condition["reason"].Text(), condition["message"].Text());
  }
}

std::string OrElse(const std::string& text, std::string_view otherwise) {
  return text.empty() ? std::string(otherwise) : text;
}

std::string TextOr(View value, std::string_view otherwise) {
  return value.has() ? value.Text() : std::string(otherwise);
}

std::string QuantityText(View quantity) {
  return kube::Quantity::ParseOrZero(quantity.Scalar()).ToString();
}

std::string ListText(View list) { return "[" + Join(Texts(list), " ") + "]"; }

}  // namespace kubescribe::output
