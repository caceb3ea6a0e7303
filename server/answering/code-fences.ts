/** Knows of a text that arrives in parts whether it is inside a fenced block of code (CommonMark 4.5). */
export interface CodeFences {
  /** Goes on by a part of one line, without the end of that line; answers whether it is code. */
  go(part: string): boolean
  /** Goes on to the next line. */
  endLine(): void
}

const headUnitsMax = 8
const fence = /^ {0,3}(```|~~~)/

/** Starts outside of code, at the beginning of a line. */
export function createCodeFences(): CodeFences {
  /** The beginning of this line, as much as tells whether it is a fence. */
  let head = ''
  let isFence = false
  let open: string | undefined
  return {
    go(part) {
      if (!isFence && head.length < headUnitsMax) {
        head += part.slice(0, headUnitsMax - head.length)
        const mark = fence.exec(head)?.[1]
        if (mark !== undefined && (open === undefined || open === mark)) {
          isFence = true
          open = open === undefined ? mark : undefined
        }
      }
      return isFence || open !== undefined
    },
    endLine() {
      head = ''
      isFence = false
    },
  }
}
