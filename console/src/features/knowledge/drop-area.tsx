import { useRef, useState, type DragEvent, type ReactNode } from 'react'
import { Icon } from '../../ui/icons.tsx'

/** A part of the page on which files may be dropped anywhere; it says so while some are held over it. */
export function DropArea(props: { words: string; onFiles: (files: File[]) => void; children: ReactNode }): ReactNode {
  const [over, setOver] = useState(false)
  const depth = useRef(0)
  const holdsFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files')
  const leave = (by: number): void => {
    depth.current = Math.max(0, depth.current + by)
    setOver(depth.current > 0)
  }
  return (
    <div
      className="relative min-h-[60dvh]"
      onDragEnter={(event) => {
        if (holdsFiles(event)) leave(1)
      }}
      onDragLeave={(event) => {
        if (holdsFiles(event)) leave(-1)
      }}
      onDragOver={(event) => {
        if (holdsFiles(event)) event.preventDefault()
      }}
      onDrop={(event) => {
        if (!holdsFiles(event)) return
        event.preventDefault()
        depth.current = 0
        setOver(false)
        props.onFiles([...event.dataTransfer.files])
      }}
    >
      {props.children}
      {over && (
        <div className="pointer-events-none absolute inset-2 z-20 grid place-items-center rounded-lg border-2 border-dashed border-accent bg-accent-soft">
          <p className="flex items-center gap-2 font-semibold text-accent-text">
            <Icon name="upload" className="size-[16px]" />
            {props.words}
          </p>
        </div>
      )}
    </div>
  )
}
