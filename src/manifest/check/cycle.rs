//! Orders and colocations that go in circles.
