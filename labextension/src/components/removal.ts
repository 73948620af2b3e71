/**
 * Deleting variables so that it can be taken back.
 */
import type { SessionLike } from '../context';
import type { ViewRow } from '../overlay';

/** Deletes what is there of these. @returns the rows, to be put back @throws EditError */
export function deleteVariables(client: SessionLike, names: readonly string[]): ViewRow[] {
  const { variables } = client.getState();
  const rows = names.flatMap(name => variables.get(name) ?? []);
  client.atOnce(() => rows.forEach(({ name }) => client.deleteVariable(name)));
  return rows;
}

/** Sets them again, with their declarations; what has got their names meanwhile is left alone. @throws EditError */
export function putBack(client: SessionLike, rows: readonly ViewRow[]): void {
  const { variables } = client.getState();
  client.atOnce(() => {
    for (const { name, value, spec } of rows) {
      if (!variables.has(name)) {
        client.setVariable(name, value);
        if (spec !== undefined) {
          client.declareVariable(name, spec);
        }
      }
    }
  });
}
