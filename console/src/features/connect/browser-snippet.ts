import { placeholders, type Snippet, type SnippetFacts } from './snippet.ts'

/** A page that signs in, streams an answer and can stop it; nothing but the browser is needed. */
export function writeBrowserPage(facts: SnippetFacts): Snippet {
  return {
    title: 'A page that chats',
    lead: 'Complete as it is: serve it from an origin that this server allows. EventSource cannot send a token, so the stream is read with fetch.',
    file: 'chat.html',
    code: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Chat</title>
<form>
  <input name="message" aria-label="Message" value="What can you help me with?">
  <button>Ask</button>
  <button type="button" id="stop">Stop</button>
</form>
<p id="answer" role="status"></p>
<script type="module">
const api = '${facts.address}'
const json = { 'content-type': 'application/json' }
let tokens // in memory: whatever can read a page's storage could take them from there
let sessionId
let stopping

async function call(path, body, headers = {}, signal = undefined) {
  const response = await fetch(api + path, {
    method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body), signal,
  })
  if (response.ok) return response
  const problem = await response.json()
  throw Object.assign(new Error(problem.detail), { status: response.status, code: problem.code })
}

async function signIn(email, password) {
  const response = await call('/auth/login', { email, password }, { 'x-tenant': '${facts.tenantId}' })
  tokens = await response.json()
}

async function renew() {
  const response = await call('/auth/refresh', { refresh_token: tokens.refresh_token })
  tokens = await response.json()
}

async function* ask(message, signal) {
  const send = () =>
    call('/chat/stream', { message, session_id: sessionId },
      { authorization: \`Bearer \${tokens.access_token}\` }, signal)
  const response = await send().catch(async (error) => {
    if (error.status !== 401) throw error
    await renew()
    return send()
  })
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) throw new Error('The answer was cut.')
      const frames = (rest + decoder.decode(value, { stream: true })).split('\\n\\n')
      rest = frames.pop()
      for (const frame of frames) {
        const event = /^event: ?(.*)$/m.exec(frame)?.[1]
        const data = JSON.parse(/^data: ?(.*)$/m.exec(frame)?.[1] ?? '{}')
        if (event === 'ping') continue // a sign of life after 10 s of silence
        if (event === 'error') throw Object.assign(new Error(data.detail), { code: data.code })
        yield { event, data }
        if (event === 'done') return
      }
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

const answer = document.querySelector('#answer')
document.querySelector('#stop').onclick = () => stopping?.abort()
document.querySelector('form').onsubmit = async (submit) => {
  submit.preventDefault()
  stopping?.abort()
  stopping = new AbortController()
  answer.textContent = ''
  try {
    if (!tokens) await signIn('${placeholders.email}', '${placeholders.password}')
    const message = new FormData(submit.target).get('message')
    for await (const { event, data } of ask(message, stopping.signal)) {
      if (event === 'start') sessionId = data.session_id
      // As text, never as HTML: an answer can hold anything.
      if (event === 'delta') answer.textContent += data.text
    }
  } catch (error) {
    if (error.name !== 'AbortError') answer.textContent += \` (\${error.message})\`
  }
}
</script>`,
  }
}
