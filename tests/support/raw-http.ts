import { connect } from 'node:net'

/** An answer as it came over the socket. */
export interface RawReply {
  status: number
  head: string
  body: string
}

/**
 * Sends a request line and header lines exactly as given, duplicates included, and reads the answer. With `body: null`
 * there is neither a body nor a length of one; with `host: null` there is no Host header.
 */
export function sendRaw(
  base: { url: string },
  lines: string[],
  { body = '', host = new URL(base.url).host }: { body?: string | null; host?: string | null } = {},
): Promise<RawReply> {
  const { port } = new URL(base.url)
  const length = body === null ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
  const hosts = host === null ? [] : [`Host: ${host}`]
  const text = [...lines, ...hosts, ...length, 'Connection: close', '', body ?? '']
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1')
    let got = ''
    socket.setEncoding('utf8')
    socket.on('data', (data) => {
      got += String(data)
    })
    socket.on('error', reject)
    socket.on('close', () => {
      const at = got.indexOf('\r\n\r\n')
      resolve({ status: Number(got.slice(9, 12)), head: got.slice(0, at), body: got.slice(at + 4) })
    })
    socket.write(text.join('\r\n'))
  })
}
