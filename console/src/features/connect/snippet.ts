/** Whom the code talks to, and as whom. */
export interface SnippetFacts {
  /** The server's address without a trailing slash. */
  address: string
  tenantId: string
}

/** A piece of code to copy: complete by itself, or going on where the one before it ended. */
export interface Snippet {
  /** What it does, as a heading. */
  title: string
  /** What to know before it is run; one sentence or two. */
  lead: string
  /** Its file or language. */
  file: string
  code: string
}

/** Stands in the code where the reader’s own user or key goes. */
export const placeholders = { email: 'user@example.com', password: 'their password', apiKey: 'tk_…' } as const
