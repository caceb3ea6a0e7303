const keptForMs = 60_000

/** Saves a file under a name, as the browser saves downloads. */
export function saveFile(file: { name: string; content: Blob }): void {
  const url = URL.createObjectURL(file.content)
  const link = document.createElement('a')
  link.href = url
  link.download = file.name
  link.click()
  // Not at once: the browser may still be reading it.
  setTimeout(() => URL.revokeObjectURL(url), keptForMs)
}

/** The file name that an answer proposes; `fallback` where it does not. */
export function readFileName(options: { headers: Headers; fallback: string }): string {
  const found = /filename="([^"]+)"/.exec(options.headers.get('content-disposition') ?? '')
  return found?.[1] ?? options.fallback
}
