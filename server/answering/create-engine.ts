import { createEmbeddings, type Embeddings } from '../external/embeddings.ts'
import { createLanguageModel } from '../external/create-language-model.ts'
import type { PineconeAdapter } from '../external/pinecone.ts'
import type { Egress } from '../platform/egress.ts'
import type { Tracing } from '../platform/tracing.ts'
import { type Answering, type AnsweringParts, createAnswering } from './answering.ts'
import { createBreaker } from './breaker.ts'
import type { PlatformIndex } from './index-location.ts'
import { createModelTurns } from './model-turns.ts'
import { createRetriever } from './retrieval.ts'
import { traceAnswering, traceEmbeddings, traceLanguageModel, traceRetriever } from './traced-answering.ts'

type LanguageModelOptions = Parameters<typeof createLanguageModel>[0]

/** The chat engine and its embeddings over what leaves the process, with spans around each port where somebody traces. */
export function createEngine(
  parts: Omit<AnsweringParts, 'languageModel' | 'embeddings' | 'retriever' | 'modelTurns'> & {
    egress: Egress
    pinecone: PineconeAdapter
    platformIndex: PlatformIndex
    modelCallsMax: number
    modelDeadlines: LanguageModelOptions['deadlines']
    tracing: Tracing | undefined
  },
): { answering: Answering; embeddings: Embeddings } {
  const { clock, egress, tracing } = parts
  const traced = <T>(port: T, trace: (port: T, tracing: Tracing) => T): T => (tracing ? trace(port, tracing) : port)
  const embeddings = traced(createEmbeddings({ egress }), traceEmbeddings)
  const languageModel = createLanguageModel({ egress, clock, deadlines: parts.modelDeadlines })
  const retriever = createRetriever({ ...parts, platform: parts.platformIndex, breaker: createBreaker({ clock }) })
  const engine = createAnswering({
    ...parts,
    modelTurns: createModelTurns({ atOnceMax: parts.modelCallsMax }),
    languageModel: traced(languageModel, traceLanguageModel),
    embeddings,
    retriever: traced(retriever, traceRetriever),
  })
  return { answering: traced(engine, traceAnswering), embeddings }
}
