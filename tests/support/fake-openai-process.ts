import { startFakeOpenAi } from './fake-openai.ts'

// A fake in a process of its own, for tests and benches that measure ours: `bun fake-openai-process.ts '{"tokens": 100}'`
// prints its URL and behaves so until it is killed.
const fake = await startFakeOpenAi({ record: false })
const behaviour: unknown = JSON.parse(process.argv[2] ?? '{}')
if (typeof behaviour === 'object' && behaviour !== null) fake.behave(behaviour, { sticky: true })
process.stdout.write(`${fake.url}\n`)
