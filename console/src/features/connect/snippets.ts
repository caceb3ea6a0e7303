import { writeBrowserPage } from './browser-snippet.ts'
import type { CodeLanguage } from './connect.view.ts'
import { writeCurlCommands } from './curl-snippet.ts'
import { writeAiSdkUse, writeOpenAiUse } from './openai-snippets.ts'
import type { Snippet, SnippetFacts } from './snippet.ts'
import { writeClientUse, writeTypeScriptClient } from './typescript-snippet.ts'

/** The code of one language, in the order in which it is used. */
export function writeSnippets(language: CodeLanguage, facts: SnippetFacts): readonly Snippet[] {
  if (language === 'curl') return writeCurlCommands(facts)
  if (language === 'browser') return [writeBrowserPage(facts)]
  if (language === 'openai') return writeOpenAiUse(facts)
  if (language === 'ai-sdk') return writeAiSdkUse(facts)
  return [writeClientUse(facts), writeTypeScriptClient()]
}
