-- A course with seats, as a second thing that can be paid. The payment tables stay as they are.

CREATE TABLE course (
  id text PRIMARY KEY,
  title text NOT NULL,
  "priceFen" integer NOT NULL CHECK ("priceFen" >= 1),
  "startsOn" date NOT NULL,
  "endsOn" date NOT NULL CHECK ("endsOn" >= "startsOn")
);

-- One row for each seat that is sold: a course with twelve has the seats 1 to 12.
CREATE TABLE course_seat (
  "courseId" text NOT NULL REFERENCES course (id),
  seat integer NOT NULL CHECK (seat >= 1),
  PRIMARY KEY ("courseId", seat)
);

CREATE TYPE course_enrolment_state AS ENUM ('WAIT_PAY', 'CANCELLED', 'ENROLLED', 'REFUNDED');

CREATE TABLE course_enrolment (
  sn text PRIMARY KEY,
  "courseId" text NOT NULL,
  seat integer NOT NULL,
  "userId" text NOT NULL REFERENCES "user" (id),
  state course_enrolment_state NOT NULL DEFAULT 'WAIT_PAY',
  -- As it was sold.
  title text NOT NULL,
  "priceFen" integer NOT NULL,
  -- In whole seconds, as WeChat takes it.
  "payBefore" timestamptz(0) NOT NULL,
  -- When closing is tried again; at the deadline at first.
  "nextCloseAt" timestamptz,
  "paidBySn" text UNIQUE REFERENCES payment (sn),
  FOREIGN KEY ("courseId", seat) REFERENCES course_seat ("courseId", seat),
  CHECK ((state IN ('WAIT_PAY', 'CANCELLED')) = ("paidBySn" IS NULL))
);

-- A seat is held by one enrolment while that waits for payment or is paid, and free in the commit that ends it. No seat is
-- sold twice and none beyond those there are, whatever the code does.
CREATE UNIQUE INDEX course_enrolment_seat_held_once ON course_enrolment ("courseId", seat)
  WHERE state IN ('WAIT_PAY', 'ENROLLED');

-- A guest sits on one seat.
CREATE UNIQUE INDEX course_enrolment_guest_once ON course_enrolment ("courseId", "userId")
  WHERE state IN ('WAIT_PAY', 'ENROLLED');

-- What closing looks for.
CREATE INDEX course_enrolment_due ON course_enrolment (COALESCE("nextCloseAt", "payBefore")) WHERE state = 'WAIT_PAY';

-- What teachers read: which seat was paid or freed, and when. Events of payments may come twice.
CREATE TABLE course_seat_change (
  "paymentSn" text NOT NULL,
  version integer NOT NULL,
  "courseId" text NOT NULL,
  seat integer NOT NULL,
  change text NOT NULL CHECK (change IN ('PAID', 'FREED')),
  at timestamptz NOT NULL,
  PRIMARY KEY ("paymentSn", version)
);
