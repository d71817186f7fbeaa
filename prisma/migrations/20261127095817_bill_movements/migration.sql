-- How far the fund flow bill of a day is: what it says is added to lines, and must not be added twice.
ALTER TABLE "bill_day" ADD COLUMN "flowSha1" TEXT,
ADD COLUMN "movementsDone" INTEGER NOT NULL DEFAULT 0;

-- The bill looks for the events of a day in parts. Blocks that no vacuum has summarized yet, a fifth of the table otherwise,
-- would be read for each of them.
ALTER INDEX "payment_event_at_idx" SET (autosummarize = on);
