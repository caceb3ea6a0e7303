import { firstMark } from './requests.ts'

/** Asks the chat a question and reads its answer to the end; milliseconds to its first token. */
export async function timeFirstToken(asked: { url: string; token: string }): Promise<number> {
  const startedMs = performance.now()
  const response = await fetch(asked.url, {
    method: 'POST',
    headers: { authorization: asked.token, 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'And on Sundays?' }),
  })
  if (response.status !== 200 || !response.body) throw new Error(`a question was answered ${response.status}`)
  let text = ''
  let firstMs: number | undefined
  for await (const chunk of response.body) {
    text += Buffer.from(chunk).toString()
    if (firstMs === undefined && text.includes(firstMark)) firstMs = performance.now() - startedMs
  }
  if (firstMs === undefined) throw new Error('an answer had no first token')
  return firstMs
}
