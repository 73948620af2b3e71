import { render, screen } from '@testing-library/react';
import React from 'react';

import { QuestionCard } from '../components/QuestionCard';
import type { Choice, Question } from '../model';
import { click } from './showsession';

const SESSION = {
  sessionId: 's',
  name: 'sweep',
  paths: ['/home/ada/old.ipynb'],
  updatedAt: Date.UTC(2026, 0, 1),
  variableCount: 12
};

function show(question: Partial<Question>, answer = Promise.resolve()): Choice[] {
  const chosen: Choice[] = [];
  const whole: Question = {
    reason: 'other-cells',
    session: SESSION,
    choices: ['use', 'copy', 'empty'],
    ...question
  };
  const onChoose = (choice: Choice): Promise<void> => {
    chosen.push(choice);
    return answer;
  };
  render(<QuestionCard question={whole} onChoose={onChoose} />);
  return chosen;
}

test('says what the session holds, and does what is chosen', async () => {
  const chosen = show({});
  expect(screen.getByTestId('question-session').textContent).toContain('sweep');
  expect(screen.getByTestId('question-session').textContent).toMatch(
    /12 variables, changed .*2026/
  );
  screen.getByRole('group', { name: 'Which session for this notebook?' });
  await click(screen.getByRole('button', { name: 'Use a copy' }));
  await click(screen.getByRole('button', { name: 'Start empty' }));
  expect(chosen).toEqual(['copy', 'empty']);
});

test('while an answer is owed nothing else can be chosen', async () => {
  const chosen = show({}, new Promise(() => undefined));
  await click(screen.getByRole('button', { name: 'Use it' }));
  await click(screen.getByRole('button', { name: 'Start empty' }));
  expect(chosen).toEqual(['use']);
});

test('a notebook that was moved is named, and gets no copy', () => {
  show({ reason: 'moved', choices: ['use', 'empty'], session: { ...SESSION, variableCount: 1 } });
  expect(screen.getByTestId('question').textContent).toContain('It looks like old.ipynb');
  expect(screen.getByTestId('question-session').textContent).toContain('1 variable,');
  expect(screen.getAllByRole('button').map(each => each.textContent)).toEqual([
    'Use it',
    'Start empty'
  ]);
});
