import { useId, useState, type ReactNode } from 'react'
import type { Tenant } from '../../panels/tenant.queries.ts'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Plate } from '../../ui/plate.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { useAddDocument } from './use-add-document.ts'

/** Makes a document from the page or file of an address. */
export function AddressDialog(props: { tenant: Tenant; onClose: () => void }): ReactNode {
  const { tenant, onClose } = props
  const formId = useId()
  const { add, isPending, words } = useAddDocument(tenant.id, onClose)
  const [url, setUrl] = useState('')
  const [tried, setTried] = useState(false)
  const problem = /^https?:\/\/\S+$/i.test(url.trim()) ? undefined : 'Enter an address that begins with https://.'
  return (
    <FormDialog
      onClose={onClose}
      title={`Add a page for ${tenant.name}`}
      mark={<Plate tenantId={tenant.id} />}
      description="The server fetches it once, now. It must be open to everybody."
      formId={formId}
      cancel="Add nothing"
      verb="Fetch page"
      busy={isPending}
    >
      <form
        id={formId}
        noValidate
        className="mt-4 flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          setTried(true)
          if (problem) event.currentTarget.querySelector('input')?.focus()
          else if (!isPending) add({ url: url.trim() })
        }}
      >
        <TextField
          label="Address"
          mono
          type="url"
          inputMode="url"
          autoComplete="off"
          placeholder="https://"
          value={url}
          onChange={(event) => setUrl(event.target.value)}
          hint="A web page, or a PDF, Word, Markdown or text file."
          error={tried ? problem : undefined}
        />
        <ProblemNotice words={words} />
      </form>
    </FormDialog>
  )
}
