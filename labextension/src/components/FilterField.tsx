import React, { forwardRef } from 'react';

/** A field that narrows a list while it is typed into; Escape empties it first, and only then means something else. */
export const FilterField = forwardRef<
  HTMLInputElement,
  {
    testid: string;
    label: string;
    /** What a pointer over it shows. */
    title?: string;
    placeholder: string;
    value: string;
    onChange(text: string): void;
  }
>(function FilterField(props, ref) {
  const { testid, label, title, placeholder, value, onChange } = props;
  return (
    <input
      ref={ref}
      type="search"
      className="jp-SessionHead-filter"
      data-testid={testid}
      aria-label={label}
      title={title}
      placeholder={placeholder}
      value={value}
      onChange={event => onChange(event.target.value)}
      onKeyDown={event => {
        if (event.key === 'Escape' && value !== '') {
          event.stopPropagation();
          onChange('');
        }
      }}
    />
  );
});
