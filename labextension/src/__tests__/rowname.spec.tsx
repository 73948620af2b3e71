import { fireEvent, render, screen } from '@testing-library/react';
import React from 'react';

import { RowAbout } from '../components/RowAbout';
import { RowName, shortened } from '../components/RowName';

test('a name may break between its words, and is the same text', () => {
  const { container } = render(<RowName name="learningRateOfThe_first.layer2X" title="t" />);
  expect(container.textContent).toBe('learningRateOfThe_first.layer2X');
  const parts = [...container.querySelector('.jp-SessionRow-name')!.childNodes]
    .filter(each => each.nodeName !== 'WBR')
    .map(each => each.textContent);
  expect(parts).toEqual(['learning', 'Rate', 'Of', 'The_', 'first.', 'layer2', 'X']);
});

test('of a name that is too long the middle is left out: names that begin alike differ at their end', () => {
  const name = `a${'_long'.repeat(24)}`;
  const [one, other] = ['_1', '_2'].map(end => shortened(name + end, 60));
  expect(one).toHaveLength(60);
  expect(one).not.toBe(other);
  expect(one!.startsWith('a_long_long')).toBe(true);
  expect(shortened(name, 200)).toBe(name);
  expect(shortened('𝒳'.repeat(60), 51)).toBe(`${'𝒳'.repeat(25)}…${'𝒳'.repeat(25)}`);
});

test('a long description is opened by a click, a short one is only there', () => {
  render(<RowAbout text={'what it is for, '.repeat(20)} />);
  const button = screen.getByTestId('about-all');
  expect(button.getAttribute('aria-expanded')).toBe('false');
  fireEvent.click(button);
  expect(button.getAttribute('aria-expanded')).toBe('true');
  expect(screen.getByTestId('about').dataset.open).toBe('true');
  render(<RowAbout text="learning rate" />);
  expect(screen.getAllByTestId('about-all')).toHaveLength(1);
});
