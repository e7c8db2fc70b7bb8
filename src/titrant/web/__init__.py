"""The doors for people: staff pages, the patient's phone, sign-in. Every address has a row in the policy table."""
