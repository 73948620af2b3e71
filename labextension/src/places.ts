/**
 * Where notebooks are: a session knows them by their place on the server's disk, JupyterLab by the path from its own root.
 */

/** The server's root, as far as a notebook tells that is at both; null where it does not. */
export function rootOf(contentsPath: string | null, places: readonly string[]): string | null {
  const place = places.find(each => contentsPath !== null && each.endsWith(`/${contentsPath}`));
  return place === undefined ? null : place.slice(0, place.length - contentsPath!.length - 1);
}

/** The path by which JupyterLab opens a notebook; null where it is not below its root. */
export function contentsPathOf(place: string, root: string | null): string | null {
  if (/^[^/\\]+:[^/\\]/.test(place)) {
    // On another drive than this machine's disk it is one already.
    return place;
  }
  return root !== null && place.startsWith(`${root}/`) ? place.slice(root.length + 1) : null;
}
