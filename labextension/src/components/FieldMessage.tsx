import React, { useEffect, useState } from 'react';

import { afterPress, isPressing } from './press';

/** The sentence under a field whose content cannot be saved. */
export function FieldMessage(props: {
  id: string;
  problem: string | null;
}): React.JSX.Element | null {
  const problem = useUnpressed(props.problem);
  return problem === null ? null : (
    <div className="jp-SessionRow-problem" id={props.id} role="alert" data-testid="problem">
      {problem}
    </div>
  );
}

/** A sentence moves what stands below it: one that leaving a field brings comes after the press that left it. */
function useUnpressed(problem: string | null): string | null {
  const [shown, show] = useState(problem);
  const waits = problem !== null && shown === null && isPressing();
  useEffect(() => afterPress(() => show(problem)), [problem, waits]);
  return waits ? null : problem;
}
