import { useId, useState, type ReactNode } from 'react'
import type { Tenant } from '../../panels/tenant.queries.ts'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Plate } from '../../ui/plate.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { TextAreaField } from '../../ui/text-area-field.tsx'
import { useAddDocument } from './use-add-document.ts'

/** Makes a document from a text that was pasted or written. */
export function PasteDialog(props: { tenant: Tenant; onClose: () => void }): ReactNode {
  const { tenant, onClose } = props
  const formId = useId()
  const { add, isPending, words } = useAddDocument(tenant.id, onClose)
  const [title, setTitle] = useState('')
  const [text, setText] = useState('')
  const [tried, setTried] = useState(false)
  const missing = { title: title.trim() === '', text: text.trim() === '' }
  return (
    <FormDialog
      wide
      keep={text !== ''}
      onClose={onClose}
      title={`Paste a text for ${tenant.name}`}
      mark={<Plate tenantId={tenant.id} />}
      description="Markdown headings become sections, and answers cite them."
      formId={formId}
      cancel="Add nothing"
      verb="Add document"
      busy={isPending}
    >
      <form
        id={formId}
        noValidate
        className="mt-4 flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          setTried(true)
          if (missing.title || missing.text) {
            event.currentTarget.querySelector<HTMLElement>(missing.title ? 'input' : 'textarea')?.focus()
            return
          }
          if (!isPending) add({ title: title.trim(), text })
        }}
      >
        <TextField
          label="Title"
          value={title}
          maxLength={300}
          autoComplete="off"
          onChange={(event) => setTitle(event.target.value)}
          hint="Shown where an answer cites it."
          error={tried && missing.title ? 'Enter a title.' : undefined}
        />
        <TextAreaField
          label="Text"
          rows={10}
          value={text}
          maxLength={1_500_000}
          onChange={(event) => setText(event.target.value)}
          error={tried && missing.text ? 'Paste or write a text.' : undefined}
        />
        <ProblemNotice words={words} />
      </form>
    </FormDialog>
  )
}
