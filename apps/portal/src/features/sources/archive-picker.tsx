'use client';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useRef, useState } from 'react';
import { formatBytes } from '@/lib/format';
import { Icon } from '@/ui/icon';
import { type Archive, readDrop, toArchive } from './read-drop';

/** Drag a folder or a tar.gz here, or choose one; a folder is packed in the browser. */
export function ArchivePicker({
  value,
  onChange,
  error,
}: {
  value: Archive | undefined;
  onChange: (archive: Archive | undefined) => void;
  error?: string;
}) {
  const t = useTranslations('archive');
  const [isOver, setOver] = useState(false);
  const [problem, setProblem] = useState<string>();
  const file = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);

  const take = async (files: Promise<readonly { path: string; file: File }[]>) => {
    try {
      const archive = await toArchive(await files);
      setProblem(archive ? undefined : t('neither'));
      onChange(archive);
    } catch (cause) {
      setProblem(cause instanceof Error ? cause.message : String(cause));
    }
  };
  const fromInput = (list: FileList | null) =>
    take(Promise.resolve([...(list ?? [])].map((one) => ({ path: one.webkitRelativePath || one.name, file: one }))));
  return (
    <div className="field">
      <fieldset
        className={isOver ? 'drop drop-over' : 'drop'}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void take(readDrop(event.dataTransfer.items));
        }}
      >
        <legend className="visually-hidden">{t('label')}</legend>
        <Icon name={value ? 'check' : 'upload'} size={20} />
        {value ? (
          <p aria-live="polite">
            <strong>{value.name}</strong>{' '}
            <span className="muted">
              {value.fileCount === undefined
                ? formatBytes(value.blob.size)
                : t('packed', { count: value.fileCount, size: formatBytes(value.blob.size) })}
            </span>
          </p>
        ) : (
          <p>{t('drop')}</p>
        )}
        <div className="drop-buttons">
          <Button size="small" onClick={() => folder.current?.click()}>
            {t('folder')}
          </Button>
          <Button size="small" onClick={() => file.current?.click()}>
            {t('file')}
          </Button>
        </div>
        <input
          ref={file}
          type="file"
          accept=".tar.gz,.tgz,application/gzip"
          hidden
          data-testid="archive-file"
          onChange={(event) => void fromInput(event.target.files)}
        />
        <input
          ref={(element) => {
            folder.current = element;
            // React has no name for it.
            element?.setAttribute('webkitdirectory', '');
          }}
          type="file"
          hidden
          multiple
          data-testid="archive-folder"
          onChange={(event) => void fromInput(event.target.files)}
        />
      </fieldset>
      {(error || problem) && (
        <div className="field-error" role="alert">
          {problem ?? error}
        </div>
      )}
    </div>
  );
}
