import type { Figure } from './support/figures.ts'

/** What was measured under one heading. */
export interface Section {
  bench: string
  heading: string
  figures: Figure[]
}

/** The benches that the table of docs/capacity.md is made of. */
export const capacityBenches = ['users-me', 'chat-stream', 'scrape', 'provisioning', 'cold-tenant', 'moves', 'fleet']

/** The table of docs/capacity.md; throws when a figure was not measured. */
export function describeCapacity(sections: Section[], restKb: number): string {
  function pick(bench: string, name: string, heading = ''): string {
    const found = sections
      .filter((section) => section.bench === bench && section.heading.includes(heading))
      .flatMap(({ figures }) => figures)
      .find((figure) => figure.name === name)
    if (!found) throw new Error(`${bench} did not measure "${name}"`)
    return found.value
  }
  const stream = (name: string, heading: string): string => pick('chat-stream', name, heading)
  /** Of figures for several servers, ours is the last. */
  const last = (value: string): string => value.split(' · ').at(-1) ?? value
  const cpu = 'CPU per 1,000 chunks: pass-through, server'
  const typing = '10 ms between tokens'
  const added = (streams: number): string => {
    const [p50, p99] = ['p50', 'p99'].map((part) =>
      stream(`server, added time to first token, ${part}`, `${streams} streams at a time, ${typing}`),
    )
    return `p50 ${p50}, p99 ${p99}`
  }
  const many = '1,000 streams at once'
  const rows: [what: string, figure: string, from: string][] = [
    [
      '`GET /users/me`, 64 connections',
      `${pick('users-me', 'server, requests/s')} requests/s, ${pick('users-me', 'server, CPU per request')} of processor each`,
      'users-me',
    ],
    [
      "A chat's stream, 200 at once",
      `${last(stream(cpu, `200 streams at a time, ${typing}`))} of processor for 1,000 tokens`,
      'chat-stream',
    ],
    [
      'The same, 50 at once',
      `${last(stream(cpu, `50 streams at a time, ${typing}`))} of processor for 1,000 tokens`,
      'chat-stream',
    ],
    ['Added to the time to first token, 200 at once', added(200), 'chat-stream'],
    [
      '1,000 streams at once',
      `${stream('server, errors', many)} errors, ${stream('server, memory a stream', many)} of memory each`,
      'chat-stream',
    ],
    [
      'Streams without their end',
      stream('server, lost ends (streams without `done`, errors included)', 'Ends'),
      'chat-stream',
    ],
    [
      'Answers of a model that writes at once, 50 at a time',
      `${last(stream('streams/s: upstream, pass-through, server', '50 streams at a time, 0 ms: the whole'))} a second, each stored and counted`,
      'chat-stream',
    ],
    [
      'A scrape of `/metrics`',
      `${pick('scrape', 'GET /metrics')}, ${pick('scrape', 'GET /metrics, its size')}`,
      'scrape',
    ],
    [
      'A dedicated database: made',
      `${pick('provisioning', 'POST /admin/tenants, dedicated')} (${pick('provisioning', 'POST /organizations, one right after the other')} one right after the other)`,
      'provisioning',
    ],
    [
      'A request to one without an open connection',
      `${pick('cold-tenant', 'GET /chat/sessions, no connection open')}, against ${pick('cold-tenant', 'GET /chat/sessions, connected')} with`,
      'cold-tenant',
    ],
    ['Memory at rest', `${(restKb / 1024).toFixed(0)} MB`, ''],
    [
      'Memory for a dedicated tenant',
      `${pick('fleet', 'memory for a tenant, made')} made, ${pick('fleet', 'memory for a tenant, served')} while it has connections`,
      'fleet',
    ],
    ['Migrating dedicated databases', `${pick('fleet', 'db:migrate, each')} each`, 'fleet'],
    [
      'Moving a tenant of 1,000 messages',
      `${pick('moves', '1,000 messages to dedicated, whole')}, writes paused for ${pick('moves', '1,000 messages to dedicated, writes paused')}`,
      'moves',
    ],
  ]
  const lines = rows.map(([what, figure, from]) => `| ${what} | ${figure} | ${from && `\`bench ${from}\``} |`)
  return ['| what | figure | from |', '| --- | --- | --- |', ...lines].join('\n')
}
