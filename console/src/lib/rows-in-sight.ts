/** Rows drawn beyond what is seen, on either side. */
const spareRows = 16
/** The window moves by whole steps, so that most scrolling draws nothing anew. */
const stepRows = 8

/** A run of rows by index, `first` up to but without `end`. */
export interface RowWindow {
  first: number
  end: number
}

/** The rows, all of one height, to draw of a list whose first `scrolledPx` have left the window of `seenPx` at the top. */
export function findRowsInSight(options: {
  count: number
  heightPx: number
  /** Negative while the list begins below the top. */
  scrolledPx: number
  seenPx: number
}): RowWindow {
  const { count, heightPx, scrolledPx, seenPx } = options
  const top = Math.max(0, Math.min(count, Math.floor(scrolledPx / heightPx)))
  const bottom = Math.max(0, Math.min(count, Math.ceil((scrolledPx + seenPx) / heightPx)))
  return {
    first: Math.max(0, Math.floor((top - spareRows) / stepRows) * stepRows),
    end: Math.min(count, Math.ceil((bottom + spareRows) / stepRows) * stepRows),
  }
}
