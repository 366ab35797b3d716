// textlint-rule-sentence-length reads paragraphs. Much of the documentation is in tables.
const { default: sentenceLength } = require("textlint-rule-sentence-length");

module.exports = (context, options) => ({
  [context.Syntax.TableCell]: sentenceLength(context, options)[context.Syntax.Paragraph],
});
