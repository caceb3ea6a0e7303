import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApi } from '../../api/api-context.ts'
import type { ProblemWords } from '../../api/problem-words.ts'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { useToasts } from '../../ui/toasts.ts'
import { describeRefusal } from './document-words.ts'
import { documentsPath, refreshDocuments } from './knowledge.queries.ts'

/** A pasted text, or the address of a page. */
export type WrittenDocument = { title: string; text: string } | { url: string; title?: string }

/** Adds what was written; `words` say why it was not taken. */
export function useAddDocument(tenantId: string, onAdded: () => void) {
  const api = useApi()
  const queryClient = useQueryClient()
  const toasts = useToasts()
  const { mutate, isPending, error } = useMutation({
    mutationFn: (written: WrittenDocument) =>
      api.send(documentsPath(tenantId), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(written),
      }),
    onSuccess: () => {
      refreshDocuments({ queryClient, tenantId })
      toasts.done('Document added')
      onAdded()
    },
  })
  return { add: mutate, isPending, words: error ? explain(error) : undefined }
}

function explain(thrown: unknown): ProblemWords {
  const problem = toProblem(thrown)
  return describeRefusal(problem, describeProblem({ problem, attempt: 'other' }))
}
