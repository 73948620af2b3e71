import { addIcon, caretDownIcon, runIcon, stopIcon } from '@jupyterlab/ui-components';
import React, { useRef } from 'react';

import { useAsk, useClient, useSelected, useSurroundings } from '../context';
import { Icon } from './Icon';
import { Button } from './Button';
import { FilterField } from './FilterField';
import { IconButton, MenuButton } from './IconButton';
import type { Arrangement, Order } from '../arrangement';
import { prettyJson, type Json } from '../json';
import { stepsToRun, type StepView } from '../steps';
import { SyncLight } from './SyncLight';
import { runsHere, useKernelId, useRuns } from './useSteps';

export function Head(props: {
  steps: readonly StepView[];
  count: number;
  filter: string;
  arrangement: Arrangement;
  onFilter(text: string): void;
  onArrange(change: Partial<Arrangement>): void;
  onSelect(): void;
  /** From the filter into what it leaves. */
  onDown(): void;
  onAdd(): void;
}): React.JSX.Element {
  const { steps, count, filter, arrangement, onFilter, onArrange, onSelect, onDown, onAdd } = props;
  const client = useClient();
  const { asks, trans, notebook, notify, runner } = useSurroundings();
  const name = useSelected(state => state.meta.name);
  const readOnly = useSelected(state => state.readOnly);
  const title = name ?? notebook?.name.replace(/\.ipynb$/, '') ?? trans.__('Session');
  const due = stepsToRun(steps);
  const [runs, kernel] = [useRuns(), useKernelId()];
  const orders: [Order, string][] = [
    ['name', trans.__('Sort by Name')],
    ['changed', trans.__('Sort by Last Change')],
    ['type', trans.__('Sort by Type')],
    ['own', trans.__('My Own Order')]
  ];
  const field = useRef<HTMLInputElement>(null);
  useAsk('filter', () => field.current?.focus());
  const copyAll = async (): Promise<void> => {
    const all = [...client.getState().variables].map(([key, row]): [string, Json] => [
      key,
      row.value
    ]);
    try {
      await navigator.clipboard.writeText(prettyJson(Object.fromEntries(all), 80));
      notify({ text: trans._n('Copied %1 variable.', 'Copied %1 variables.', all.length) });
    } catch {
      notify({ text: trans.__('This browser does not let the panel copy.') });
    }
  };
  const keep = (): void => {
    if (notebook === null) {
      return;
    }
    const { sessionId } = client.getState();
    notebook.keeps = notebook.keeps === sessionId ? null : sessionId;
    notify({
      text:
        notebook.keeps === null
          ? trans.__('From the next save on the notebook carries no values.')
          : trans.__('Each save puts the values of declared variables into the notebook.')
    });
  };
  useAsk('copy', () => void copyAll());
  return (
    <div className="jp-SessionHead">
      <div className="jp-SessionHead-line">
        <h2 title={title}>
          <button
            type="button"
            className="jp-SessionHead-name"
            data-testid="choose-session"
            aria-label={trans.__('Session %1: choose another one', title)}
            onClick={() => asks?.ask('sessions')}
          >
            <span>{title}</span>
            <Icon of={caretDownIcon} />
          </button>
        </h2>
        <SyncLight />
      </div>
      <div className="jp-SessionHead-line">
        <FilterField
          ref={field}
          testid="filter"
          label={trans.__('Filter variables by name, type or value')}
          title={trans.__('Words of their names; type:number for a type, value:0.1 for a value')}
          placeholder={trans._n('Filter %1', 'Filter %1', count)}
          value={filter}
          onChange={onFilter}
          onDown={onDown}
        />
        <IconButton
          icon={addIcon}
          testid="add-button"
          label={trans.__('Add a variable')}
          disabled={readOnly}
          onClick={onAdd}
        />
        {runsHere(steps, runs, kernel) && notebook?.interrupt !== undefined ? (
          <Button
            testid="head-stop"
            title={trans.__('Interrupt the kernel')}
            // Not with the second click of two that were to run.
            onClick={({ detail }) => (detail > 1 ? undefined : void runner?.stop())}
          >
            <Icon of={stopIcon} size="12px" />
            {trans.__('Stop')}
          </Button>
        ) : steps.some(step => step.cell !== null) ? (
          <Button
            look="accent"
            testid="run-all"
            disabled={runner === null}
            aria-disabled={due.length === 0}
            title={
              due.length === 0
                ? trans.__('All steps are fresh.')
                : trans.__('Run what is not fresh: %1', due.map(step => step.name).join(', '))
            }
            onClick={() => void runner?.runDue()}
          >
            <Icon of={runIcon} size="12px" />
            {due.length === 0 ? trans.__('Run') : trans.__('Run %1', due.length)}
          </Button>
        ) : null}
        <MenuButton
          testid="panel-menu"
          label={trans.__('Menu of the session')}
          items={() => [
            ...orders.map(([order, label]) => ({
              id: `sort-${order}`,
              label,
              checked: arrangement.order === order,
              run: () => onArrange({ order })
            })),
            {
              id: 'group',
              label: trans.__('Group by Prefix'),
              checked: arrangement.grouped,
              run: () => onArrange({ grouped: !arrangement.grouped })
            },
            { id: 'select', label: trans.__('Select Variables'), run: onSelect },
            null,
            {
              id: 'sessions',
              label: trans.__('Choose a Session…'),
              run: () => asks?.ask('sessions')
            },
            {
              id: 'export',
              label: trans.__('Export…'),
              run: () => asks?.ask('export')
            },
            ...(notebook?.keeps === undefined
              ? []
              : [
                  {
                    id: 'keep',
                    label: trans.__('Keep Values with the Notebook'),
                    checked: notebook.keeps === client.getState().sessionId,
                    enabled: !readOnly,
                    run: keep
                  }
                ]),
            { id: 'copy-all', label: trans.__('Copy All as JSON'), run: () => void copyAll() },
            { id: 'connect', label: trans.__('Connect Again'), run: client.connect }
          ]}
        />
      </div>
    </div>
  );
}
