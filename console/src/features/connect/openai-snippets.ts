import { placeholders, type Snippet, type SnippetFacts } from './snippet.ts'

/** The openai package, for servers: whole and streamed. */
export function writeOpenAiUse(facts: SnippetFacts): readonly Snippet[] {
  return [
    {
      title: 'Ask with the openai package',
      lead: 'Any client of OpenAI’s API works the same: its base URL is this server’s /v1, its key an API key of Settings. The live prompt, the knowledge and its own model answer, whichever model a request names.',
      file: 'openai.ts',
      code: `import OpenAI from 'openai'

const openai = new OpenAI({
  baseURL: '${facts.address}/v1',
  apiKey: process.env.TENANTRY_API_KEY ?? '${placeholders.apiKey}', // keep it on your server
})

const answer = await openai.chat.completions.create({
  model: '${facts.tenantId}',
  messages: [{ role: 'user', content: 'What can you help me with?' }],
})
console.log(answer.choices[0]?.message.content, answer.usage?.total_tokens)

const stream = await openai.chat.completions.create({
  model: '${facts.tenantId}',
  messages: [{ role: 'user', content: 'What can you help me with?' }],
  stream: true,
})
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '')`,
    },
  ]
}

/** The Vercel AI SDK with its provider for such servers. */
export function writeAiSdkUse(facts: SnippetFacts): readonly Snippet[] {
  return [
    {
      title: 'Ask with the AI SDK',
      lead: 'With the packages ai and @ai-sdk/openai-compatible. Messages go along each time: nothing is kept here but the usage.',
      file: 'ai-sdk.ts',
      code: `import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { streamText } from 'ai'

const tenantry = createOpenAICompatible({
  name: 'tenantry',
  baseURL: '${facts.address}/v1',
  apiKey: process.env.TENANTRY_API_KEY ?? '${placeholders.apiKey}', // keep it on your server
})

const { textStream } = streamText({
  model: tenantry('${facts.tenantId}'),
  messages: [{ role: 'user', content: 'What can you help me with?' }],
})
for await (const text of textStream) process.stdout.write(text)`,
    },
  ]
}
