// Lists that are read a page at a time. Each page goes on behind the last row of the one before, so that nothing is shown twice and nothing
// is missed, however much is added meanwhile.

/** Where a list goes on: after the row with this time and id. The time is PostgreSQL's own text, because its microseconds do not fit a Date. */
export interface Position {
  createdAt: string;
  id: string;
}

export interface Page<Row> {
  rows: Row[];
  /** Where the next page starts, or null at the end. */
  next: Position | null;
}

/** Cuts rows, each with the time that orders them as `place_text`, of which one more than `limit` was asked for: the one too many says that there is another page. */
export function pageOf<Row extends { id: string; place_text: string }>(rows: Row[], limit: number): Page<Row> {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, next: rows.length > limit && last ? { createdAt: last.place_text, id: last.id } : null };
}
