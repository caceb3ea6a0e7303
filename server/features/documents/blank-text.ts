const seen = /[^\s\p{Z}\p{Cf}]/u

/** Whether nobody could see anything of a text: it has only spaces, line ends and characters without a shape. */
export function isBlank(text: string): boolean {
  return !seen.test(text)
}

/** The same of a file in UTF-8, which is read no further than to its first visible character. */
export async function isBlankFile(content: Blob): Promise<boolean> {
  const decoder = new TextDecoder()
  for await (const chunk of content.stream()) {
    if (!isBlank(decoder.decode(chunk, { stream: true }))) return false
  }
  return isBlank(decoder.decode())
}
