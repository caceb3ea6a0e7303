/** Streams parts; whoever leaves ends the reading. */
export function downloadBody(parts: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const next = await parts.next()
      if (next.done) controller.close()
      else controller.enqueue(next.value)
    },
    async cancel() {
      await parts.return(undefined)
    },
  })
}

/** Headers of something that a tenant stored: saved and never shown as a page of this server, whatever is in it. */
export function downloadHeaders(download: { mediaType: string; fileName?: string }): Record<string, string> {
  const { fileName } = download
  // RFC 6266: a plain name for old clients, the real one beside it.
  const names = fileName
    ? `; filename="${fileName.replaceAll(/[^ -~]|["\\%]/g, '_')}"; filename*=UTF-8''${encodeName(fileName)}`
    : ''
  return {
    'content-type': download.mediaType,
    'content-disposition': `attachment${names}`,
    'content-security-policy': "sandbox; default-src 'none'",
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-store',
  }
}

function encodeName(name: string): string {
  return encodeURIComponent(name).replaceAll(/['()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
}
