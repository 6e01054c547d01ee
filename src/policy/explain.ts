// A policy as a person reads it: the whole of it, defaults filled in, in the language it was written in.
import { Document, isScalar, visit } from 'yaml';
import type { Policy } from '../core/policy.ts';
import { type PrintedSection, printPolicy } from './print.ts';

export type Explained = {
  /** Text that is itself a policy file. */
  readonly yaml: string;
  readonly json: PrintedSection;
  readonly hash: string;
};

const LINE = 110;

export const explainPolicy = (policy: Policy): Explained => {
  const json = printPolicy(policy);
  const document = new Document(json);
  visit(document, {
    Seq: (_key, node) => {
      if (node.items.every(isScalar)) node.flow = true;
    },
  });
  document.commentBefore = ` ${policy.name} as resolved, hash ${policy.hash}`;
  return { yaml: document.toString({ lineWidth: LINE }), json, hash: policy.hash };
};
