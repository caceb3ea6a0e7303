import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { ask } from '../../api/client.ts'
import type { ProblemWords } from '../../api/problem-words.ts'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { formatPlural, formatCount } from '../../lib/numbers.ts'
import { readFileName, saveFile } from '../../lib/save-file.ts'
import { ActionList, ActionRow } from '../../ui/action-list.tsx'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { ChooseFiles } from './choose-files.tsx'
import { describeRefusal, isWorking, needsAnotherFile } from './document-words.ts'
import { documentPath, type KnownDocument, refreshDocuments } from './knowledge.queries.ts'

interface Props {
  tenantId: string
  document: KnownDocument
  onDeleted: () => void
}

/** Everything that can be done with a document, each with what it means. */
export function DocumentActions(props: Props): ReactNode {
  const { document } = props
  const { retry, replace, download, busy } = useDocumentActions(props)
  const [deleting, setDeleting] = useState(false)
  const needsFile = needsAnotherFile(document)
  return (
    <>
      <ActionList label="What can be done">
        {document.status === 'failed' && !needsFile && (
          <ActionRow
            name="Try again"
            words="Goes on where it failed."
            action={
              <Button kind="primary" busy={busy} onClick={retry}>
                Try again
              </Button>
            }
          />
        )}
        <ActionRow
          name="New version"
          words={
            needsFile
              ? 'The same document, saved so that it can be read.'
              : 'The text of before answers until the new one is read.'
          }
          action={
            <ChooseFiles primary={needsFile} disabled={busy} onFiles={([file]) => file && replace(file)}>
              Replace file
            </ChooseFiles>
          }
        />
        <ActionRow
          name="File"
          words="As it came in."
          action={
            <Button busy={busy} onClick={download}>
              Download
            </Button>
          }
        />
        {document.status !== 'failed' && (
          <ActionRow
            name="Index"
            words={isWorking(document) ? 'Begins again now.' : 'Brings it up to the present index.'}
            action={
              <Button busy={busy} onClick={retry}>
                Index again
              </Button>
            }
          />
        )}
        <ActionRow
          name="Removal"
          words="Nothing is answered from it any more."
          action={<Button onClick={() => setDeleting(true)}>Delete…</Button>}
        />
      </ActionList>
      <DeleteDialog {...props} open={deleting} onClose={() => setDeleting(false)} />
    </>
  )
}

function DeleteDialog(props: Props & { open: boolean; onClose: () => void }): ReactNode {
  const { tenantId, document } = props
  const api = useApi()
  const queryClient = useQueryClient()
  const toasts = useToasts()
  return (
    <ConfirmDialog
      open={props.open}
      onClose={props.onClose}
      title={`Delete “${document.title}”?`}
      description="Its file, text and passages are gone for good. Answers that were given keep their quotations."
      losses={[
        { count: formatCount(document.chunks), what: document.chunks === 1 ? 'passage' : 'passages' },
        ...(document.embedded > 0 ? [{ count: formatCount(document.embedded), what: 'vectors in the index' }] : []),
      ]}
      keep="Keep document"
      verb="Delete document"
      onConfirm={async () => {
        await ask(api.server.admin.tenants({ id: tenantId }).documents({ doc: document.id }).delete())
        toasts.done(`“${document.title}” deleted`, { detail: formatPlural(document.chunks, 'passage') })
        refreshDocuments({ queryClient, tenantId })
        props.onDeleted()
      }}
      describeFailure={explain}
    />
  )
}

function useDocumentActions({ tenantId, document }: Props) {
  const api = useApi()
  const queryClient = useQueryClient()
  const toasts = useToasts()
  const tell = (what: string) => (thrown: unknown) => {
    const { title, advice } = explain(thrown)
    toasts.failed(what, { detail: `${title} ${advice}` })
  }
  const refresh = (): void => refreshDocuments({ queryClient, tenantId })
  const retry = useMutation({
    mutationFn: () => ask(api.server.admin.tenants({ id: tenantId }).documents({ doc: document.id }).retry.post()),
    onSuccess: refresh,
    onError: tell('The document was not begun again'),
  })
  const replace = useMutation({
    mutationFn: (file: File) => {
      const form = new FormData()
      form.set('file', file)
      const signal = new AbortController().signal
      return api.upload({
        path: documentPath(tenantId, document.id),
        method: 'PUT',
        file: form,
        onProgress: () => undefined,
        signal,
      })
    },
    onSuccess: () => {
      toasts.done('The new file is being read')
      refresh()
    },
    onError: tell('The file was not replaced'),
  })
  const download = useMutation({
    mutationFn: async () => {
      const response = await api.send(`${documentPath(tenantId, document.id)}/content?original=true`)
      const name = document.file_name ?? readFileName({ headers: response.headers, fallback: document.title })
      saveFile({ name, content: await response.blob() })
    },
    onError: tell('The file was not downloaded'),
  })
  return {
    retry: () => retry.mutate(),
    replace: (file: File) => replace.mutate(file),
    download: () => download.mutate(),
    busy: retry.isPending || replace.isPending || download.isPending,
  }
}

function explain(thrown: unknown): ProblemWords {
  const problem = toProblem(thrown)
  return describeRefusal(problem, describeProblem({ problem, attempt: 'other' }))
}
