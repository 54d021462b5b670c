import { Fragment, type ReactNode } from 'react';

interface Props {
  /** Text in which a name in braces, such as `{ago}`, stands for a part of the page. */
  readonly text: string;
  readonly parts: Readonly<Record<string, ReactNode>>;
}

/** Text in which parts of the page replace the names in braces. Each language has its own order of the names. */
export function Filled({ text, parts }: Props) {
  // The parentheses in the regular expression keep the names in the result, at its odd positions.
  return text.split(/\{(\w+)\}/).map((piece, at) => <Fragment key={at}>{at % 2 === 1 ? parts[piece] : piece}</Fragment>);
}
