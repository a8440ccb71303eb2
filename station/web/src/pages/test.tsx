// A test from the plate to the slip: what is to be entered, then one instruction at a time, then the verdict and what belongs to it. Which of
// the three is shown follows from the station's state alone, so that a reload or another tablet comes to the same place.
import { useLanguage } from "../i18n";
import { useStore } from "../store";
import { current } from "../testfeed";
import { Entry } from "./test/entry";
import { Result } from "./test/result";
import { Running } from "./test/running";

export function Test() {
  useLanguage();
  const test = useStore(current);
  if (!test) return <Entry />;
  return test.ended ? <Result key={test.id} test={test} /> : <Running key={test.id} test={test} />;
}
