import React, { useEffect, useState } from 'react';

let isPressed = false;
document.addEventListener('pointerdown', () => (isPressed = true), true);
const LETS_GO = ['pointerup', 'pointercancel'];
LETS_GO.forEach(type => document.addEventListener(type, () => (isPressed = false), true));

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

/** A press that leaves a field is a click on what stands there: a sentence comes after it, for it would move that away. */
function useUnpressed(problem: string | null): string | null {
  const [shown, show] = useState(problem);
  const waits = problem !== null && shown === null && isPressed;
  useEffect(() => {
    if (!waits) {
      show(problem);
      return;
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onUp = (): void => void (timer = setTimeout(() => show(problem)));
    LETS_GO.forEach(type => document.addEventListener(type, onUp, true));
    return () => {
      clearTimeout(timer);
      LETS_GO.forEach(type => document.removeEventListener(type, onUp, true));
    };
  }, [problem, waits]);
  return waits ? null : problem;
}
