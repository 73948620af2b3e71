import { PathExt } from '@jupyterlab/coreutils';
import React, { useState } from 'react';

import { useTrans } from '../context';
import type { Choice, Question } from '../model';
import { Button } from './Button';
import { fullTime } from './moments';

/** Another notebook had this session: what it holds, and what may become of it. Nothing is chosen by itself. */
export function QuestionCard(props: {
  question: Question;
  onChoose(choice: Choice): Promise<void>;
}): React.JSX.Element {
  const { question, onChoose } = props;
  const { session, reason, choices } = question;
  const trans = useTrans();
  const [isBusy, setBusy] = useState(false);
  const words: Record<Choice, { label: string; means: string }> = {
    use: {
      label: trans.__('Use it'),
      means: trans.__('This notebook goes on with these variables.')
    },
    copy: {
      label: trans.__('Use a copy'),
      means: trans.__('A session of its own, with the same values.')
    },
    empty: {
      label: trans.__('Start empty'),
      means: trans.__('That session stays as it is, and can be found by %1.', '%session list')
    }
  };
  const choose = (choice: Choice): void => {
    setBusy(true);
    void onChoose(choice).finally(() => setBusy(false));
  };
  const held = [
    trans._n('%1 variable', '%1 variables', session.variableCount),
    ...(session.updatedAt === null ? [] : [trans.__('changed %1', fullTime(session.updatedAt))])
  ];
  return (
    <section
      className="jp-SessionQuestion"
      role="group"
      aria-labelledby="jp-SessionQuestion-title"
      data-testid="question"
      data-reason={reason}
    >
      <h3 id="jp-SessionQuestion-title">{trans.__('Which session for this notebook?')}</h3>
      <p>
        {reason === 'moved'
          ? trans.__(
              'It looks like %1, whose file is gone and whose session is still here.',
              PathExt.basename(session.paths[0] ?? '')
            )
          : trans.__(
              'Another notebook was here before: none of its cells are in this one. Its session is still here.'
            )}
      </p>
      <div className="jp-SessionCard" data-testid="question-session">
        <div className="jp-SessionCard-line jp-mod-text">
          <strong>{session.name ?? trans.__('Session without a name')}</strong>
        </div>
        <div className="jp-SessionCard-line jp-mod-text">{held.join(', ')}</div>
      </div>
      <dl>
        {choices.map(choice => (
          <div key={choice}>
            <dt>
              <Button
                disabled={isBusy}
                testid={`choose-${choice}`}
                aria-describedby={`jp-SessionQuestion-${choice}`}
                onClick={() => choose(choice)}
              >
                {words[choice].label}
              </Button>
            </dt>
            <dd id={`jp-SessionQuestion-${choice}`}>{words[choice].means}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
