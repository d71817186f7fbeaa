-- AlterEnum
ALTER TYPE "BillDifferenceOutcome" ADD VALUE 'DISMISSED';
