import { placeholders, type Snippet, type SnippetFacts } from './snippet.ts'

/** Signing in, asking and renewing in a POSIX shell; each goes on with the variables of the one before. */
export function writeCurlCommands(facts: SnippetFacts): readonly Snippet[] {
  return [
    {
      title: 'Sign in',
      lead: 'A user gets an access token for 15 minutes and a refresh token to go on.',
      file: 'shell',
      code: `api=${facts.address}
tokens=$(curl -sS --fail-with-body "$api/auth/login" \\
  -H 'content-type: application/json' -H 'x-tenant: ${facts.tenantId}' \\
  -d '{"email": "${placeholders.email}", "password": "${placeholders.password}"}')
access=$(printf %s "$tokens" | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
refresh=$(printf %s "$tokens" | sed 's/.*"refresh_token":"\\([^"]*\\)".*/\\1/')
printf '%s\\n' "$tokens"`,
    },
    {
      title: 'Ask, and read the answer as it comes',
      lead: 'Server-Sent Events: start, sources, many deltas, usage, done. To go on with a conversation, send the session_id that start told.',
      file: 'shell',
      code: `curl -sSN --fail-with-body "$api/chat/stream" \\
  -H "authorization: Bearer $access" -H 'content-type: application/json' \\
  -d '{"message": "What can you help me with?"}'`,
    },
    {
      title: 'Ask, and get the whole answer',
      lead: 'The same in one JSON object, for jobs that nobody watches.',
      file: 'shell',
      code: `curl -sS --fail-with-body "$api/chat" \\
  -H "authorization: Bearer $access" -H 'content-type: application/json' \\
  -d '{"message": "What can you help me with?"}'`,
    },
    {
      title: 'Renew the tokens',
      lead: 'Before the access token expires, or when a call answers 401. Each refresh token works once: keep the new one.',
      file: 'shell',
      code: `tokens=$(curl -sS --fail-with-body "$api/auth/refresh" \\
  -H 'content-type: application/json' -d "{\\"refresh_token\\": \\"$refresh\\"}")
access=$(printf %s "$tokens" | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
refresh=$(printf %s "$tokens" | sed 's/.*"refresh_token":"\\([^"]*\\)".*/\\1/')
printf '%s\\n' "$tokens"`,
    },
  ]
}
