/** Rows of text in columns; numbers to the right. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, cell.length)),
    [],
  );
  const numeric = widths.map((_, i) =>
    rows.slice(1).every((row) => /^\s*[-–+]?[\d.…]*( ?[^\s\d.]{1,3})?$/.test(row[i])),
  );
  return rows.map((row) =>
    row
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd(),
  );
}
