import type { ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import { toProblem } from '../../api/problem.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { checkOriginShape, describeRefusedOrigin } from './domain-words.ts'
import { useAddDomain } from './use-domains.ts'

/** The field for one more origin. */
export function AddDomain(props: { tenantId: string; isSuperuser: boolean }): ReactNode {
  const add = useAddDomain(props.tenantId)
  const toasts = useToasts()
  const form = useForm({ mode: 'onSubmit', defaultValues: { origin: '' } })
  const submit = form.handleSubmit(async ({ origin }) => {
    try {
      const added = await add.mutateAsync(origin.trim())
      form.reset()
      form.setFocus('origin')
      if (added.status === 'verified') toasts.done(`${added.origin} is in effect`)
    } catch (thrown) {
      form.setError('origin', { message: describeRefusedOrigin(toProblem(thrown)) }, { shouldFocus: true })
    }
  })
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex items-start gap-2 phone:flex-col">
      <div className="w-full min-w-0 flex-1">
        <TextField
          label="Origin"
          mono
          inputMode="url"
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          placeholder="https://chat.example.com"
          hint={
            props.isSuperuser
              ? 'In effect at once: a superuser’s word is proof enough.'
              : 'Pending until a DNS record proves that it is yours.'
          }
          error={form.formState.errors.origin?.message}
          {...form.register('origin', { validate: (text) => checkOriginShape(text) ?? true })}
        />
      </div>
      {/* Level with the input, below the label's line. */}
      <Button type="submit" size="large" busy={add.isPending} className="mt-[26px] phone:mt-0">
        Add origin
      </Button>
    </form>
  )
}
