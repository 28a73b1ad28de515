"""`envdoctor suggest`: which base image and pins fit these hosts, best first, each judged by the rules of `check`.

problem   what is asked: hosts, needs, constraints; and the records of an answer
bases     the base images of each family          wheels     the builds of torch and onnxruntime-gpu
judge     asks the rules about a candidate        fleet      makes many hosts few
search    walks the candidates in order           ranking    that order
constraints  what conflicts, what would unlock    reasons    why, in words
recipe, text, document, patch                     what is printed

To add a family: a function in bases.py and its line there. To add a part that workloads need (beside torch and
onnxruntime-gpu): its builds in wheels.py and its place in `Candidate`.
"""
