import { writeBrowserPage } from './browser-snippet.ts'
import type { CodeLanguage } from './connect.view.ts'
import { writeCurlCommands } from './curl-snippet.ts'
import type { Snippet, SnippetFacts } from './snippet.ts'
import { writeClientUse, writeTypeScriptClient } from './typescript-snippet.ts'

/** The code of one language, in the order in which it is used. */
export function writeSnippets(language: CodeLanguage, facts: SnippetFacts): readonly Snippet[] {
  if (language === 'curl') return writeCurlCommands(facts)
  if (language === 'browser') return [writeBrowserPage(facts)]
  return [writeClientUse(facts), writeTypeScriptClient()]
}
