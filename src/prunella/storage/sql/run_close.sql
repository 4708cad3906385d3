UPDATE runs
SET ended = :ended, verdict = :verdict, cause = :cause, summary = :summary, holder = ''
WHERE id = :id
