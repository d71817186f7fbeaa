-- now() is when the transaction began, which may be before it waited for the change that the row follows from.
-- AlterTable
ALTER TABLE "payment_mismatch" ALTER COLUMN "createdAt" SET DEFAULT statement_timestamp();

-- AlterTable
ALTER TABLE "refund" ALTER COLUMN "createdAt" SET DEFAULT statement_timestamp();

-- AlterTable
ALTER TABLE "message" ALTER COLUMN "createdAt" SET DEFAULT statement_timestamp();

-- AlterTable
ALTER TABLE "webhook_delivery" ALTER COLUMN "createdAt" SET DEFAULT statement_timestamp();
