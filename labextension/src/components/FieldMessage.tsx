import React from 'react';

/** The sentence under a field whose content cannot be saved. */
export function FieldMessage(props: {
  id: string;
  problem: string | null;
}): React.JSX.Element | null {
  return props.problem === null ? null : (
    <div className="jp-SessionRow-problem" id={props.id} role="alert" data-testid="problem">
      {props.problem}
    </div>
  );
}
