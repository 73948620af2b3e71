import { LabIcon } from '@jupyterlab/ui-components';

// A stack of values with a live dot; drawn in the theme's icon colour.
const session = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <path d="M4 5a1 1 0 0 1 1-1h9a1 1 0 0 1 1 1v2a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1z"/>
    <path d="M4 11a1 1 0 0 1 1-1h14a1 1 0 0 1 1 1v2a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1z"/>
    <path d="M4 17a1 1 0 0 1 1-1h11a1 1 0 0 1 1 1v2a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1z"/>
    <circle cx="19" cy="6" r="2.6"/>
  </g>
</svg>`;

export const sessionIcon = new LabIcon({ name: 'session-state-ext:session', svgstr: session });
