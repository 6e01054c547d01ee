// A JSON answer where a dialect or a model has no mode for it: a tool of a reserved name whose arguments are the answer.

/** Reserved: a call of it is read back as the answer's text. */
export const ANSWER_TOOL = 'bourse_json_answer';
export const ANSWER_TOOL_ABOUT =
  'Gives the final answer. Its arguments are the whole answer and nothing else is shown.';
/** Said where the model may not be forced to call it. */
export const ANSWER_TOOL_PLEA = `Give the final answer only by calling the tool ${ANSWER_TOOL}, never as text.`;
/** Any JSON object, for a caller who asked for JSON without a schema. */
export const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;
