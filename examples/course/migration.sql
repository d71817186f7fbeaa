-- A course with seats, as a second thing that can be paid. The payment tables stay as they are.

CREATE TABLE course (
  id text PRIMARY KEY,
  title text NOT NULL,
  "priceFen" integer NOT NULL CHECK ("priceFen" >= 1),
  seats integer NOT NULL CHECK (seats >= 0)
);

CREATE TYPE course_enrolment_state AS ENUM ('WAIT_PAY', 'CANCELLED', 'ENROLLED', 'REFUNDED');

CREATE TABLE course_enrolment (
  sn text PRIMARY KEY,
  "courseId" text NOT NULL REFERENCES course (id),
  "userId" text NOT NULL REFERENCES "user" (id),
  state course_enrolment_state NOT NULL DEFAULT 'WAIT_PAY',
  -- As it was sold.
  title text NOT NULL,
  "priceFen" integer NOT NULL,
  "payBefore" timestamptz(0) NOT NULL,
  "paidBySn" text UNIQUE REFERENCES payment (sn),
  CHECK ((state IN ('WAIT_PAY', 'CANCELLED')) = ("paidBySn" IS NULL))
);

-- A seat is taken while its enrolment waits for payment or is paid; nobody enrols in a full course.
CREATE FUNCTION course_seats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM course WHERE id = NEW."courseId" FOR UPDATE;
  IF (SELECT count(*) FROM course_enrolment WHERE "courseId" = NEW."courseId" AND state IN ('WAIT_PAY', 'ENROLLED'))
     >= (SELECT seats FROM course WHERE id = NEW."courseId") THEN
    RAISE EXCEPTION 'course % is full', NEW."courseId" USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER course_seats BEFORE INSERT ON course_enrolment FOR EACH ROW EXECUTE FUNCTION course_seats();
