import type { Embeddings } from '../external/embeddings.ts'
import type { LanguageModel, ModelStream } from '../external/language-model.ts'
import { codeOf, inSpan, type Span, type Tracing } from '../platform/tracing.ts'
import type { Answering } from './answering.ts'
import type { TurnRecord } from './open-turn.ts'
import type { Retriever } from './retrieval.ts'

/*
 * The spans of an answer, around the ports and the engine, so that neither knows of them and nothing is wrapped when
 * nobody traces. Attributes are ids, counts and words of ours.
 */

/** The engine with spans around what it asks of the tenant's store. */
export function traceAnswering(answering: Answering, tracing: Tracing): Answering {
  return {
    ...answering,
    answer(question, record) {
      const under = tracing.current()
      const store = <T>(name: string, work: () => Promise<T>): Promise<T> =>
        inSpan(tracing.begin(name, { under }), work)
      const traced: TurnRecord = {
        ...record,
        begin: (call) => store('store question', () => record.begin(call)),
        finish: (outcome, sources) => store('store answer', () => record.finish(outcome, sources)),
        undo: (outcome) => store('undo question', () => record.undo(outcome)),
      }
      const readHistory = () => store('read history', question.readHistory)
      return answering.answer({ ...question, readHistory }, traced)
    },
  }
}

/** Retrieval with a span around it: in which mode, how many sources, and whether it fell back. */
export function traceRetriever(retriever: Retriever, tracing: Tracing): Retriever {
  return {
    ...retriever,
    retrieve(request) {
      const span = tracing.begin('retrieval')
      return inSpan(span, async () => {
        const retrieved = await retriever.retrieve(request)
        span.set({
          'retrieval.mode': retrieved?.mode ?? 'none',
          'retrieval.sources': retrieved?.sources.length ?? 0,
          'retrieval.degraded': retrieved?.degraded?.code ?? '',
        })
        return retrieved
      })
    },
  }
}

/** Embeddings with a span around each call. */
export function traceEmbeddings(embeddings: Embeddings, tracing: Tracing): Embeddings {
  return {
    ...embeddings,
    embed(request) {
      const span = tracing.begin('embedding', { attributes: { 'embedding.inputs': request.inputs.length } })
      return inSpan(span, () => embeddings.embed(request))
    },
  }
}

/** Models with a span from the request to the end of the stream. */
export function traceLanguageModel(model: LanguageModel, tracing: Tracing): LanguageModel {
  return {
    ...model,
    async openStream(request) {
      const span = tracing.begin('model', { attributes: { 'gen_ai.provider.name': request.target.provider } })
      const startedMs = performance.now()
      try {
        return traceStream(await model.openStream(request), { span, startedMs })
      } catch (error) {
        span.fail(codeOf(error))
        span.end()
        throw error
      }
    },
  }
}

function traceStream(stream: ModelStream, traced: { span: Span; startedMs: number }): ModelStream {
  const { span, startedMs } = traced
  let isFirst = true
  return {
    async read() {
      try {
        const event = await stream.read()
        if (event.type === 'text') {
          if (isFirst) span.set({ 'model.first_token_ms': Math.round(performance.now() - startedMs) })
          isFirst = false
          return event
        }
        span.set({
          'gen_ai.usage.input_tokens': event.usage?.promptTokens ?? 0,
          'gen_ai.usage.output_tokens': event.usage?.completionTokens ?? 0,
        })
        span.end()
        return event
      } catch (error) {
        span.fail(codeOf(error))
        span.end()
        throw error
      }
    },
    get unsaidBytes() {
      return stream.unsaidBytes
    },
    close() {
      stream.close()
      span.end()
    },
  }
}
