import { createSocket } from 'node:dgram'

/** A name server on loopback that answers TXT questions from a map; other names do not exist. */
export interface FakeDns {
  /** `127.0.0.1:<port>` */
  address: string
  /** TXT values by name; each value is sent as one record. */
  records: Map<string, string[]>
  /** Names asked for so far, oldest first. */
  asked: string[]
  /** While true, questions are heard and not answered. */
  silent: boolean
  stop(): Promise<void>
}

const nameError = 3

/** Starts the name server on a free port. */
export async function startFakeDns(): Promise<FakeDns> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const fake: FakeDns = {
    address: `127.0.0.1:${socket.address().port}`,
    records: new Map(),
    asked: [],
    silent: false,
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  }
  socket.on('message', (question, from) => {
    const { name, end } = readName(question)
    fake.asked.push(name)
    if (fake.silent) return
    socket.send(writeAnswer(question.subarray(0, end + 4), fake.records.get(name) ?? []), from.port, from.address)
  })
  return fake
}

function readName(question: Buffer): { name: string; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

/** Header and question as they came (RFC 1035 §4), then one TXT record a value. */
function writeAnswer(question: Buffer, values: string[]): Buffer {
  const head = Buffer.from(question)
  head.writeUInt16BE(0x8180 | (values.length === 0 ? nameError : 0), 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(values.length, 6)
  head.writeUInt32BE(0, 8)
  const records = values.map((value) => {
    const text = Buffer.from(value)
    // A pointer to the question's name, TXT, IN, no caching, one character string.
    const fixed = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 0, 0, text.length + 1, text.length])
    return Buffer.concat([fixed, text])
  })
  return Buffer.concat([head, ...records])
}
